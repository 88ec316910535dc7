"""What is handed on of a run: charts as plain records, and the page made of them."""
