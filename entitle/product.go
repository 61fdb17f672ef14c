package entitle

import (
	"errors"
	"runtime/debug"
)

// Product returns the name of an installation that is given none: the path of the main
// package of the program, such as github.com/acme/shop/cmd/shop, so that two products on one
// store do not share their quotas. It is "" if the program was built without one.
func Product() string {
	return productOf(debug.ReadBuildInfo())
}

func productOf(info *debug.BuildInfo, ok bool) string {
	if !ok || info.Path == "command-line-arguments" { // go build main.go
		return ""
	}
	return info.Path
}

// productName is Product; a test changes it.
var productName = Product

var errNoInstallation = errors.New("the program does not know its own name, so that it might share its quotas with another; set Options.Installation")
