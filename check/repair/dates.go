package repair

import (
	"github.com/licseal/licseal"

	"github.com/licseal/licseal/internal/text"
)

// UnpaddedDate is a date without leading zeros, such as 2021-8-4.
type UnpaddedDate struct {
	Pointer      string // of the field in the payload
	Found, Meant string
}

var unpaddedDate = text.Pattern(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$`)

// PadDates returns a licence with leading zeros in the dates at these pointers, and the
// dates that lacked them. The signature is kept, and no longer fits. If no date
// lacks zeros, it returns the licence as it is.
func PadDates(lic *licseal.License, pointers ...string) (*licseal.License, []UnpaddedDate) {
	var dates []UnpaddedDate
	for _, pointer := range pointers {
		text, _ := lic.Payload.Text(pointer)
		m := unpaddedDate().FindStringSubmatch(text)
		if m == nil {
			continue
		}
		if meant := m[1] + "-" + twoDigits(m[2]) + "-" + twoDigits(m[3]); meant != text {
			dates = append(dates, UnpaddedDate{pointer, text, meant})
		}
	}
	top := parseJSON(lic.Payload.Bytes())
	if top == nil || len(dates) == 0 {
		return lic, nil
	}
	payload, err := licseal.ParsePayload([]byte(top.rewrite(func(n *node) (string, bool) {
		for _, d := range dates {
			if string(n.pointer()) == d.Pointer {
				return d.Meant, true
			}
		}
		return "", false
	})))
	if err != nil {
		return lic, nil
	}
	return &licseal.License{Payload: payload, Signature: lic.Signature, Version: lic.Version}, dates
}

func twoDigits(number string) string {
	if len(number) == 1 {
		return "0" + number
	}
	return number
}
