package admin

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
)

func (h *handler) getLicense(r *http.Request, id string) (answer, error) {
	record, err := h.store.Get(r.Context(), id)
	if err != nil {
		return answer{}, err
	}
	return recordAnswer(http.StatusOK, record)
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
	return h.write(r, e, Always, http.StatusOK)
}

func (h *handler) patchLicense(r *http.Request, id string) (answer, error) {
	e, err := h.readEntityOf(r, id)
	if err != nil {
		return answer{}, err
	}
	if _, err := h.store.Get(r.Context(), id); err != nil {
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
	if err := h.check(r.Context(), e.payload); err != nil {
		return answer{}, violations{{"payload", strings.ReplaceAll(err.Error(), "\n", "; ")}}.error()
	}
	record, err := h.store.Write(r.Context(), Write{ID: e.id, Payload: e.payload, If: condition, Who: h.options.Who(r)})
	if err != nil {
		return answer{}, err
	}
	return recordAnswer(status, record)
}

func (h *handler) deleteLicense(r *http.Request, id string) (answer, error) {
	if err := h.store.Delete(r.Context(), id, h.options.Who(r)); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}

func recordAnswer(status int, record Record) (answer, error) {
	body, err := record.appendJSON(nil)
	return answer{status: status, body: body}, err
}
