"""The tools that make and ship the series; a learner never opens them."""
