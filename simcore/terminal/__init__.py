"""What a person reads: tables within 100 columns, safe CSV, strict JSON and progress."""
