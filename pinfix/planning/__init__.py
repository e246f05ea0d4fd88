"""From documents and rules to what the search is asked, and from its answer to a plan."""
