"""What the classifier says of the film, in words and over epsilon."""
