"""What is said to people, in the language they read: pages, console and errors ask here."""
