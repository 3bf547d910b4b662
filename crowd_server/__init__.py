"""The marketplace: an MTurk-compatible Requester API and a site for workers, with its own database."""
