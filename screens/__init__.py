"""What a person sees: one file per screen, named as the person would name it."""
