"""From requirements and evidence to one version per package: candidates, the search, explanations."""
