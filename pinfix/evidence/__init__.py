"""What an index shows of packages: how they are built, what they bring, whether a rule is true."""
