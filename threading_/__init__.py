"""Pure. Mail and conversations, as values: bytes become a `Message`, a `Message` finds its case, a reply becomes bytes."""
