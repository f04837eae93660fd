"""Operations on records: refresh, export, rules, quality, explanations."""
