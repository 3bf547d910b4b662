"""Workers, requesters and operators: accounts, messages, disputes, earnings, payouts."""
