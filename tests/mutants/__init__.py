"""Rules about permissions, turned round or loosened one at a time: each such product must fail its tests."""
