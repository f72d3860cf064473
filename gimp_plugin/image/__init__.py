"""GIMP's image: reads layers, inserts paintings, saves notes on them."""
