"""From a confirmed ticket to the wire: submission, order lists, cancels, flatten."""
