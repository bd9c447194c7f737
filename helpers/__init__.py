"""What the lessons build and import, and nothing else.

===========================  =========================================  ==
Nothing is imported here, so that ``import helpers.data`` brings in only what
it needs.
"""
