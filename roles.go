package licseal

// Roles says which fields of a payload mean what, as JSON Pointers (RFC 6901)
// into the payload. An empty one stands for the field of Kong's payload, so the
// zero value is Kong's.
type Roles struct {
	ID        string // what identifies the licence: /license_key
	Customer  string // /customer
	Product   string // /product_subscription
	NotBefore string // the creation date: /license_creation_date
	NotAfter  string // the expiration date: /license_expiration_date

	// GraceDays is for how many days after its expiration the licence itself
	// says that it is still accepted. Kong's payload has no such field.
	GraceDays string
}

// WithDefaults returns r with Kong's fields where r names none.
func (r Roles) WithDefaults() Roles {
	setDefault(&r.ID, "/license_key")
	setDefault(&r.Customer, "/customer")
	setDefault(&r.Product, "/product_subscription")
	setDefault(&r.NotBefore, "/license_creation_date")
	setDefault(&r.NotAfter, "/license_expiration_date")
	return r
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}
