// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package grant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/host/grant"
)

func TestEffective(t *testing.T) {
	tests := []struct {
		reason string
		rules  []grant.Resource
		want   []grant.Resource
	}{
		{"nothing granted", nil, nil},
		{"what is not wanted", []grant.Resource{rule("batch jobs *"), rule("core secrets delete")}, nil},
		{"wildcards become what is wanted", []grant.Resource{rule("* * get")}, []grant.Resource{
			rule("core pods get"), rule("core secrets get"), rule("apps deployments/scale get"),
		}},
		{"verbs of several rules come together", []grant.Resource{rule("core pods get"), rule("core pods,nodes list,watch")}, []grant.Resource{
			rule("core pods get,list,watch"), rule("core nodes list,watch"),
		}},
		{"limits keep rules apart", []grant.Resource{limited(rule("core pods get,patch"), "a", "", ""), limited(rule("core pods *"), "b", "x", "web-")}, []grant.Resource{
			limited(rule("core pods get,patch"), "a", "", ""),
			limited(rule("core pods get,list,watch,create,delete,deletecollection,patch"), "b", "x", "web-"),
		}},
		{"no limits swallow limits", []grant.Resource{limited(rule("core pods get,list"), "a", "", ""), rule("core pods get")}, []grant.Resource{
			rule("core pods get"), limited(rule("core pods list"), "a", "", ""),
		}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			got := grant.Effective(description(), grant.Grants{Resources: test.rules})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Effective (-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff(trusting().Resources, grant.Effective(description(), trusting())); diff != "" {
		t.Errorf("Effective of all that is wanted (-want +got):\n%s", diff)
	}
}
