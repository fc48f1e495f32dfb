"""What estimated the same angles before networks did."""
