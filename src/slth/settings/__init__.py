"""What typed settings are made of: sections, values that several share, rules about what fits."""
