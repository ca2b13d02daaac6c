"""The doctor: whether a portal is set up so that a run against it can tell anything.

What was found out (``facts``) goes into plain functions (``connection``, ``sign_ins``, ``diagnosis``), and ``findings``
come out; ``contact`` and ``gather`` alone open connections.
"""
