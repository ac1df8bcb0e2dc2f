// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

func TestCheckTarget(t *testing.T) {
	for _, good := range [][3]string{
		{"", "", ""}, {"default", "web-0", "status"}, {"", "system:node:a", ""}, {"a", "web.v1.x", "ephemeralcontainers"},
		{"a", "...", ""}, {"a", "naïve", ""}, {"a", strings.Repeat("x", 253), ""},
	} {
		if err := grant.CheckTarget(good[0], good[1], good[2]); err != nil {
			t.Errorf("CheckTarget(%q): got %v, want none", good, err)
		}
	}
	for _, bad := range []struct{ namespace, name, subresource, want string }{
		{"a", "../secrets/token", "", `name "../secrets/token": has a character that means something in a URL`},
		{"a", "..", "", `name "..": is a path, not a name`},
		{"a", ".", "", `name ".": is a path, not a name`},
		{"a", "x/exec", "", "in a URL"},
		{"a", "x%2fexec", "", "in a URL"},
		{"a", "x?force=true", "", "in a URL"},
		{"a", "x#y", "", "in a URL"},
		{"a", `x\y`, "", "in a URL"},
		{"a", "x\x00", "", "cannot be printed"},
		{"a", "x\ny", "", "cannot be printed"},
		{"a", "x\xff", "", "cannot be printed"},
		{"a", "x\u200by", "", "cannot be printed"},
		{"a", strings.Repeat("x", 254), "", "has 254 bytes, names have 253 at most"},
		{"../kube-system", "x", "", `namespace "../kube-system": expected a DNS label`},
		{"a/pods/x", "y", "", "namespace"},
		{"A", "x", "", "namespace"},
		{"-a", "x", "", "namespace"},
		{"a", "x", "../y", `subresource "../y"`},
		{"a", "x", "status/exec", "subresource"},
		{"a", "x", "Status", "subresource"},
		{strings.Repeat("n", 1<<20), "x", "", `namespace "` + strings.Repeat("n", 64) + `"…`},
	} {
		err := grant.CheckTarget(bad.namespace, bad.name, bad.subresource)
		if err == nil || !strings.Contains(err.Error(), bad.want) || len(err.Error()) > 300 {
			t.Errorf("CheckTarget(%.70q, %.70q, %q): got %v, want an error with %q", bad.namespace, bad.name, bad.subresource, err, bad.want)
		}
	}
}
