"""Acts of several steps, decided purely: what comes next, and what became of what was done."""
