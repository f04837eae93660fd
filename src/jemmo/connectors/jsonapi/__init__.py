"""For an ATS whose API follows JSON:API (jsonapi.org): a vendor declares its resources, this reads them."""
