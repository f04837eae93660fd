"""What data protection law asks for: erasure, retention, access, processing."""
