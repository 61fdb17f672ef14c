package edit

import (
	"errors"

	"github.com/licseal/licseal"
)

// ErrIsLicense is the error for a licence where a payload is expected.
var ErrIsLicense = errors.New("this is a licence, not a payload")

// CheckPayload returns [ErrIsLicense] if p is a whole licence document: to sign it as a
// payload would hide its fields.
func CheckPayload(p licseal.Payload) error {
	if _, isLicense := p.Field("/license/payload"); isLicense {
		return ErrIsLicense
	}
	return nil
}

// ParseTemplate reads the payload of a licence, or a payload by itself. It does not
// verify the licence.
//
// An error is a [*licseal.ParseError].
func ParseTemplate(data []byte) (licseal.Payload, error) {
	lic, licenseErr := licseal.ParseUnverified(data)
	if licenseErr == nil {
		return lic.Payload, nil
	}
	p, err := licseal.ParsePayload(data)
	if err != nil {
		return licseal.Payload{}, err
	}
	if CheckPayload(p) != nil {
		return licseal.Payload{}, licenseErr
	}
	return p, nil
}
