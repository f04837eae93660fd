"""What every room needs: whose work it is, and what sealed values are bound to."""
