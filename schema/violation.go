package schema

import "github.com/licseal/licseal"

// maxViolations bounds the violations that are reported for one document.
const maxViolations = 100

// Error says that a document breaks its schema, and how.
type Error = licseal.SchemaError
