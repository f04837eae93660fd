"""A source for ATSs whose API follows JSON:API (jsonapi.org); the vendor only declares its resources."""
