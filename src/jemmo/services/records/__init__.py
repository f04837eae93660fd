"""What people do with records: refresh, export, rules, quality, explanations."""
