package admin

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

func (h *handler) getLicense(r *http.Request, id string) (answer, error) {
	record, err := h.store.Get(r.Context(), id)
	if err != nil {
		return answer{}, err
	}
	if hide := h.options.Hide(r); hide != nil && hide(record) {
		return answer{}, ErrNotFound
	}
	return recordAnswer(http.StatusOK, record)
}

// postValidate says whether a POST of the same body would be accepted, unless the licence
// is stored already.
func (h *handler) postValidate(r *http.Request) (answer, error) {
	e, err := h.readEntity(r)
	if err != nil {
		return answer{}, err
	}
	if err := h.checkPayload(r, e.payload); err != nil {
		return answer{}, err
	}
	return ok(ErrorBody{Message: "schema validation successful"})
}

func (h *handler) postLicense(r *http.Request) (answer, error) {
	e, err := h.readEntity(r)
	if err != nil {
		return answer{}, err
	}
	if e.id == "" {
		e.id = uuid.NewString()
	}
	return h.write(r, e, IfAbsent, http.StatusCreated)
}

func (h *handler) putLicense(r *http.Request, id string) (answer, error) {
	e, err := h.readEntityOf(r, id)
	if err != nil {
		return answer{}, err
	}
	condition := Always
	if r.Header.Get("If-None-Match") == "*" {
		condition = IfAbsent
	}
	a, err := h.write(r, e, condition, http.StatusOK)
	var exists *ExistsError
	if condition == IfAbsent && errors.As(err, &exists) && exists.SameValue == "id" {
		return answer{}, ErrMismatch
	}
	return a, err
}

func (h *handler) patchLicense(r *http.Request, id string) (answer, error) {
	e, err := h.readEntityOf(r, id)
	if err != nil {
		return answer{}, err
	}
	if _, err := h.store.Get(r.Context(), id); err != nil && !(errors.Is(err, ErrNotFound) && r.Header.Get("If-Match") != "") {
		return answer{}, err // 404 comes before faults of the licence
	}
	return h.write(r, e, IfPresent, http.StatusOK)
}

// readEntityOf reads the body of a write to the record with the id in the path.
func (h *handler) readEntityOf(r *http.Request, id string) (entity, error) {
	e, err := h.readEntity(r)
	if err != nil {
		return entity{}, err
	}
	if e.id != "" && e.id != id {
		return entity{}, violations{{"id", "differs from the id in the path"}}.error()
	}
	e.id = id
	return e, nil
}

func (h *handler) write(r *http.Request, e entity, condition Condition, status int) (answer, error) {
	match, err := parseMatch(r)
	if err != nil {
		return answer{}, err
	}
	if err := h.checkPayload(r, e.payload); err != nil {
		return answer{}, err
	}
	record, err := h.store.Write(r.Context(), Write{ID: e.id, Payload: e.payload, If: condition, Who: h.options.Who(r), Match: match})
	if err != nil {
		return answer{}, err
	}
	return recordAnswer(status, record)
}

func (h *handler) checkPayload(r *http.Request, payload string) error {
	if err := h.check(r.Context(), payload); err != nil {
		return violations{{"payload", strings.ReplaceAll(err.Error(), "\n", "; ")}}.error()
	}
	return nil
}

func (h *handler) deleteLicense(r *http.Request, id string) (answer, error) {
	match, err := parseMatch(r)
	if err != nil {
		return answer{}, err
	}
	if err := h.store.Delete(r.Context(), id, h.options.Who(r), match...); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}

func recordAnswer(status int, record Record) (answer, error) {
	body, err := record.appendJSON(nil)
	return answer{status: status, header: http.Header{"Etag": {`"` + record.Version() + `"`}}, body: body}, err
}

// parseMatch returns the versions in If-Match, nil if there is none. A weak one matches
// no record (RFC 9110, section 13.1.1).
func parseMatch(r *http.Request) ([]string, error) {
	lines := r.Header.Values("If-Match")
	var versions []string
	for _, tag := range strings.Split(strings.Join(lines, ","), ",") {
		tag = strings.TrimSpace(tag)
		version := strings.TrimSuffix(strings.TrimPrefix(tag, `"`), `"`)
		switch {
		case tag == "" && len(lines) == 0:
			return nil, nil
		case tag == "*", strings.HasPrefix(tag, "W/"), tag == `"`+version+`"` && strings.Trim(version, versionChars) == "":
			versions = append(versions, version)
		default:
			return nil, failf(http.StatusBadRequest, "If-Match: %s is not an ETag of this server, or *", printable(tag))
		}
	}
	return versions, nil
}

// versionChars are the characters of [Record.Version].
const versionChars = "0123456789abcdef-"
