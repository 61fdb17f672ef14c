package repair

import (
	"fmt"
	"strconv"

	"github.com/licseal/licseal"
)

// object is a JSON object with a question that is asked often.
type object struct{ licseal.Payload }

func (o object) has(pointer string) bool { _, ok := o.Field(pointer); return ok }

// parseObject reads a text that is a JSON object, as strictly as a licence.
func parseObject(text []byte) (object, bool) {
	payload, err := licseal.Parser{MaxBytes: 2 * MaxBytes}.ParsePayload(text)
	return object{payload}, err == nil
}

// detectRecord finds objects whose form says where in them the licence is: those of an
// Admin API, and a licence without its outer o.
func detectRecord(text []byte, _ *licseal.ParseError) *reading {
	o, ok := parseObject(text)
	if !ok {
		return nil
	}
	inside, isText := o.Text("/license")
	switch {
	case isText && MentionsLicense(inside):
		return &reading{fault: Fault{Kind: LicenseString, Position: o.Position("/license")},
			texts: [][]byte{[]byte(inside), fmt.Appendf(nil, `{"license":%s}`, inside)}}
	case o.has("/license"), o.has("/kind"):
		return nil
	case o.has("/data/0/payload"), o.has("/items/0/payload"):
		return readList(o)
	case o.has("/payload") && o.has("/signature"):
		return &reading{fault: Fault{Kind: MissingEnvelope, Position: o.Position("")}, texts: [][]byte{fmt.Appendf(nil, `{"license":%s}`, text)}}
	case o.has("/payload"):
		return readRecord(o)
	}
	return nil
}

// detectOtherObject finds objects that belong to a licence or to an Admin API, and that
// hold no licence.
func detectOtherObject(text []byte, _ *licseal.ParseError) *reading {
	o, ok := parseObject(text)
	if !ok || MentionsLicense(string(text)) {
		return nil
	}
	switch {
	case o.has("/license"), o.has("/kind"):
		return nil
	case o.has("/data") && o.has("/next"):
		return unreadable(AdminListEmpty, o.Position("/data"))
	case o.has("/message") && (o.has("/code") || o.has("/name") || !o.has("/license_key")):
		message, _ := o.Text("/message")
		return unreadable(AdminError, o.Position("/message"), quote(message))
	case o.has("/license_key"), o.has("/license_expiration_date"):
		return unreadable(BarePayload, o.Position(""))
	}
	return nil
}

// readRecord takes the licence out of a request body or a record.
func readRecord(o object) *reading {
	kind := AdminBody
	for _, member := range []string{"/id", "/created_at", "/updated_at"} {
		if _, ok := o.Field(member); ok {
			kind = AdminRecord
		}
	}
	return &reading{fault: Fault{Kind: kind, Position: o.Position("/payload")}, texts: [][]byte{payloadOf(o)}}
}

// payloadOf returns the licence in the member payload of a record: a string, or an
// object if somebody did not write it as a string.
func payloadOf(o object) []byte {
	if text, ok := o.Text("/payload"); ok {
		return []byte(text)
	}
	value, _ := o.Field("/payload")
	return value
}

// readList takes the active licence out of a list of records: the one with
// the newest updated_at.
func readList(o object) *reading {
	installed := records(o.Payload)
	if len(installed) == 0 {
		return nil
	}
	name := listNames[0]
	if !o.has("/" + name + "/0") {
		name = listNames[1]
	}
	fault := Fault{AdminListOne, o.Position("/" + name), []string{name}}
	if len(installed) == 1 {
		return &reading{fault: fault, texts: [][]byte{installed[0].Text}}
	}
	count, active := strconv.Itoa(len(installed)), Newest(installed)
	if active < 0 {
		return unreadable(AdminListUnclear, fault.Position, name, count)
	}
	fault.Kind, fault.Values = AdminListNewest, []string{name, strconv.Itoa(active), count, installed[active].Name}
	return &reading{fault: fault, texts: [][]byte{installed[active].Text}, final: true}
}
