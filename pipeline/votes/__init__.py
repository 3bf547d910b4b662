"""What votes are worth: gold that checks workers, rules that screen them, models learnt from both."""
