"""The `rucksack` command."""
