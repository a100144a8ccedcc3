"""Rucksack: the Backpack trading desk in a chat."""
