package repair

import (
	"fmt"
	"strconv"

	"github.com/licseal/licseal"
)

// detectObject finds JSON objects that hold a licence or a part of one.
func detectObject(text []byte, _ *licseal.ParseError) *reading {
	object, err := licseal.Parser{MaxBytes: 2 * MaxBytes}.ParsePayload(text)
	if err != nil {
		return nil
	}
	has := func(pointer string) bool { _, ok := object.Field(pointer); return ok }
	inside, isText := object.Text("/license")
	switch {
	case isText:
		return &reading{Fault{Kind: LicenseString, Position: object.Position("/license")},
			[][]byte{[]byte(inside), fmt.Appendf(nil, `{"license":%s}`, inside)}}
	case has("/license"), has("/kind"):
		return nil
	case has("/data/0"):
		return readList(object)
	case has("/data") && has("/next"):
		return unreadable(AdminListEmpty, object.Position("/data"))
	case has("/payload") && has("/signature"):
		return &reading{Fault{Kind: MissingEnvelope, Position: object.Position("")}, [][]byte{fmt.Appendf(nil, `{"license":%s}`, text)}}
	case has("/payload"):
		return readRecord(object)
	case has("/message") && (has("/code") || has("/name") || !has("/license_key")):
		message, _ := object.Text("/message")
		return unreadable(AdminError, object.Position("/message"), quote(message))
	case has("/license_key"), has("/license_expiration_date"):
		return unreadable(BarePayload, object.Position(""))
	}
	return nil
}

// readRecord takes the licence out of a request body or a record.
func readRecord(object licseal.Payload) *reading {
	kind := AdminBody
	for _, member := range []string{"/id", "/created_at", "/updated_at"} {
		if _, ok := object.Field(member); ok {
			kind = AdminRecord
		}
	}
	return &reading{Fault{Kind: kind, Position: object.Position("/payload")}, [][]byte{payloadOf(object)}}
}

// payloadOf returns the licence in the member payload of a record: a string, or an
// object if somebody did not write it as a string.
func payloadOf(object licseal.Payload) []byte {
	if text, ok := object.Text("/payload"); ok {
		return []byte(text)
	}
	value, _ := object.Field("/payload")
	return value
}

// readList takes the active licence out of a list of records: the one with
// the newest updated_at.
func readList(object licseal.Payload) *reading {
	installed := records(object)
	if len(installed) == 0 {
		return nil
	}
	fault := Fault{Kind: AdminListOne, Position: object.Position("/data")}
	if len(installed) == 1 {
		return &reading{fault, [][]byte{installed[0].Text}}
	}
	count, active := strconv.Itoa(len(installed)), Newest(installed)
	if active < 0 {
		return unreadable(AdminListUnclear, fault.Position, count)
	}
	fault.Kind, fault.Values = AdminListNewest, []string{strconv.Itoa(active), count, installed[active].Name}
	return &reading{fault, [][]byte{installed[active].Text}}
}
