"""The scenarios that only a referee can perform: journeys of a person, and settings of the portal."""
