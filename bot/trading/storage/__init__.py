"""Tables and queries of tickets, orders, fills and promised stops."""
