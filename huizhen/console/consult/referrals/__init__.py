"""Pages of referrals: lists, one referral, its letter, the acts on it."""
