"""The exchange's JSON as typed structs, apart from transport and apart from our own language of trading."""
