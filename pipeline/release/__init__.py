"""Writers of a released dataset."""
