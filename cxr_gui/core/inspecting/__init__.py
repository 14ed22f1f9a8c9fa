"""One image under attack, at any epsilon; its outcome; several images judged; pictures of the difference."""
