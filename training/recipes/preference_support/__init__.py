"""What recipes that train policies on preferences share: rows of pairs and lists, labels, references, losses."""
