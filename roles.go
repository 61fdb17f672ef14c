package licseal

// Roles says which fields of a payload have a meaning for licseal, as JSON Pointers
// (RFC 6901) into the payload. An empty pointer means the field of Kong's payload,
// so the zero value describes Kong's.
type Roles struct {
	ID        string // what identifies the licence: /license_key
	Customer  string // /customer
	Product   string // /product_subscription
	NotBefore string // the creation date: /license_creation_date
	NotAfter  string // the expiration date: /license_expiration_date

	// GraceDays is the grace period that the licence states, in whole days after
	// its expiration. Kong's payload has no such field.
	GraceDays string
}

// Or returns r with its empty pointers replaced by those of other.
func (r Roles) Or(other Roles) Roles {
	setDefault(&r.ID, other.ID)
	setDefault(&r.Customer, other.Customer)
	setDefault(&r.Product, other.Product)
	setDefault(&r.NotBefore, other.NotBefore)
	setDefault(&r.NotAfter, other.NotAfter)
	setDefault(&r.GraceDays, other.GraceDays)
	return r
}

// WithDefaults returns r with its empty pointers replaced by those of Kong's payload.
func (r Roles) WithDefaults() Roles {
	return r.Or(Roles{
		ID:        "/license_key",
		Customer:  "/customer",
		Product:   "/product_subscription",
		NotBefore: "/license_creation_date",
		NotAfter:  "/license_expiration_date",
	})
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}
