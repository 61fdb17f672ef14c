// Package schema says what a licence payload must look like, and what is wrong
// with one that does not. The rules are JSON Schema (draft 2020-12, formats
// asserted): Kong's payload and the entitlement payload are built in, and so are the
// documents around them; a vendor brings a schema of its own.
//
//	err := schema.Kong().Validate(payload)
//	var broken *schema.Error
//	if errors.As(err, &broken) {
//		for _, v := range broken.Violations {
//			fmt.Println(v)
//		}
//	}
//
// # A vendor's schema
//
// It is a JSON Schema file of draft 2020-12 (the default), 2019-09 or 07, whose
// top-level object may have the member "x-licseal". That names, as JSON Pointers
// (RFC 6901) into the payload, the fields that licseal itself has to understand:
//
//	{
//	  "type": "object",
//	  "required": ["serial", "from", "until"],
//	  "additionalProperties": false,
//	  "properties": {
//	    "serial": {"type": "string"},
//	    "from":   {"type": "string", "format": "date"},
//	    "until":  {"type": "string", "format": "date"}
//	  },
//	  "x-licseal": {
//	    "roles": {"id": "/serial", "not_before": "/from", "not_after": "/until"}
//	  }
//	}
//
// The roles are id, customer, product, not_before, not_after and grace_days; one
// that is not named stands for the field of Kong's payload, which has none for
// the last. A name that is none of these, or
// a pointer to a field that the schema does not describe, is an error. The
// built-in schema x-licseal has the same as a JSON Schema.
//
// A "$ref" may lead to a place in the same file, to a built-in schema by its
// "$id" (https://licseal.github.io/schema/kong.json#/$defs/date), or to a file
// beside the schema or below it, by a relative path without "..". Nothing else is
// read, and nothing is ever fetched. A format that is not known is an error
// rather than a check that is left out.
//
// # Limits
//
// A schema may come from anywhere, so its size, its number of files and the
// work that it may cause are bounded. A schema that goes beyond a bound is
// refused with an error that says which.
package schema
