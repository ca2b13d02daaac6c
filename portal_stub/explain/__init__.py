"""The full account of one login: what was found, where in the message, why, and how to mend it.

Plain functions over values: the message as it was kept, what the checks found, the moment, the settings, and the
portal's own key for what is encrypted. The pages, the saved files and the command line show the same value.
"""

from portal_stub.explain.explain import explain
from portal_stub.explain.explanation import Explanation
from portal_stub.explain.pages import html, plain

__all__ = ["Explanation", "explain", "html", "plain"]
