// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package endpointslice

import "testing"

// up is the part of an endpoint's line that a ready pod on node n1 has.
const up = "ready serving node=n1 zone=z1"

func TestRules(t *testing.T) {
	one := "IPv4 http:8080/TCP [10.0.0.1 " + up + "]"
	for _, c := range []struct {
		reason  string
		service string // a merge patch
		pods    []string
		patches []string // merge patches of the pods, by index
		want    []string
	}{
		{"a ready pod", "{}", []string{"10.0.0.1"}, nil, []string{one}},
		{"no pods: one empty slice", "{}", nil, nil, []string{"IPv4"}},
		{"another label: not selected", "{}", []string{"10.0.0.1"}, []string{`{"metadata":{"labels":{"app":"db"}}}`}, []string{"IPv4"}},
		{"no selector: somebody else's", `{"spec":{"selector":null}}`, []string{"10.0.0.1"}, nil, nil},
		{"an external name has no endpoints", `{"spec":{"type":"ExternalName"}}`, []string{"10.0.0.1"}, nil, nil},

		{
			"not ready: kept, neither ready nor serving", "{}", []string{"10.0.0.1"}, []string{`{"status":{"conditions":[]}}`},
			[]string{"IPv4 http:8080/TCP [10.0.0.1 node=n1 zone=z1]"},
		},
		{
			"not ready and published: ready, but not serving", `{"spec":{"publishNotReadyAddresses":true}}`, []string{"10.0.0.1"},
			[]string{`{"status":{"conditions":[]}}`}, []string{"IPv4 http:8080/TCP [10.0.0.1 ready node=n1 zone=z1]"},
		},
		{
			"terminating and serving: not ready", "{}", []string{"10.0.0.1"}, []string{`{"metadata":{"finalizers":["example.com/stay"],"deletionTimestamp":"2030-01-01T00:00:00Z"}}`},
			[]string{"IPv4 http:8080/TCP [10.0.0.1 serving terminating node=n1 zone=z1]"},
		},
		{
			"terminating and published: ready", `{"spec":{"publishNotReadyAddresses":true}}`, []string{"10.0.0.1"},
			[]string{`{"metadata":{"finalizers":["example.com/stay"],"deletionTimestamp":"2030-01-01T00:00:00Z"}}`},
			[]string{"IPv4 http:8080/TCP [10.0.0.1 ready serving terminating node=n1 zone=z1]"},
		},
		{"succeeded: gone", "{}", []string{"10.0.0.1"}, []string{`{"status":{"phase":"Succeeded"}}`}, []string{"IPv4"}},
		{"failed: gone, published or not", `{"spec":{"publishNotReadyAddresses":true}}`, []string{"10.0.0.1"}, []string{`{"status":{"phase":"Failed"}}`}, []string{"IPv4"}},
		{"without address: not yet", "{}", []string{""}, nil, []string{"IPv4"}},

		{
			"two families: slices of each", `{"spec":{"ipFamilies":["IPv4","IPv6"]}}`, []string{"10.0.0.1 2001:db8::1"}, nil,
			[]string{one, "IPv6 http:8080/TCP [2001:db8::1 " + up + "]"},
		},
		{
			"a family that no pod has: an empty slice", `{"spec":{"ipFamilies":["IPv4","IPv6"]}}`, []string{"10.0.0.1"}, nil,
			[]string{one, "IPv6"},
		},
		{
			"one family of two", `{"spec":{"ipFamilies":["IPv6"]}}`, []string{"10.0.0.1 2001:DB8:0::1"}, nil,
			[]string{"IPv6 http:8080/TCP [2001:db8::1 " + up + "]"},
		},
		{
			"no families: that of the cluster IP", `{"spec":{"ipFamilies":null,"clusterIP":"fd00::1"}}`, []string{"10.0.0.1 2001:db8::1"}, nil,
			[]string{"IPv6 http:8080/TCP [2001:db8::1 " + up + "]"},
		},
		{
			"neither families nor a cluster IP: both", `{"spec":{"ipFamilies":null,"clusterIP":"None"}}`, []string{"10.0.0.1"}, nil,
			[]string{one, "IPv6"},
		},

		{
			"headless without ports", `{"spec":{"clusterIP":"None","ports":null}}`, []string{"10.0.0.1"}, nil,
			[]string{"IPv4 [10.0.0.1 " + up + "]"},
		},
		{
			"a host name, in the domain of the service", "{}", []string{"10.0.0.1"}, []string{`{"spec":{"hostname":"a","subdomain":"web"}}`},
			[]string{"IPv4 http:8080/TCP [10.0.0.1 ready serving host=a node=n1 zone=z1]"},
		},
		{
			"a host name in another domain", "{}", []string{"10.0.0.1"}, []string{`{"spec":{"hostname":"a","subdomain":"db"}}`},
			[]string{one},
		},
		{
			"a named port is looked up in each pod", `{"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":"web","appProtocol":"http2"}]}}`,
			[]string{"10.0.0.1", "10.0.0.2", "10.0.0.3"},
			[]string{
				`{"spec":{"containers":[{"name":"c","ports":[{"name":"web","containerPort":1,"protocol":"UDP"},{"name":"web","containerPort":81,"protocol":"TCP"}]}]}}`,
				`{"spec":{"containers":[{"name":"c","ports":[{"name":"web","containerPort":82,"protocol":"TCP"}]}]}}`,
			},
			[]string{
				"IPv4 [10.0.0.3 " + up + "]",
				"IPv4 http:81/TCP http2 [10.0.0.1 " + up + "]",
				"IPv4 http:82/TCP http2 [10.0.0.2 " + up + "]",
			},
		},
		{
			"a named port of a sidecar, not of another init container", `{"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":"web"}]}}`,
			[]string{"10.0.0.1"},
			[]string{`{"spec":{"initContainers":[
				{"name":"i","ports":[{"name":"web","containerPort":80,"protocol":"TCP"}]},
				{"name":"s","restartPolicy":"Always","ports":[{"name":"web","containerPort":83,"protocol":"TCP"}]}]}}`},
			[]string{"IPv4 http:83/TCP [10.0.0.1 " + up + "]"},
		},
		{
			"without a node that is there: not yet", "{}", []string{"10.0.0.1", "10.0.0.2"}, []string{`{"spec":{"nodeName":"n2"}}`},
			[]string{"IPv4 http:8080/TCP [10.0.0.2 " + up + "]"},
		},
		{
			"without a node that is there, but published", `{"spec":{"publishNotReadyAddresses":true}}`, []string{"10.0.0.1"}, []string{`{"spec":{"nodeName":"n2"}}`},
			[]string{"IPv4 http:8080/TCP [10.0.0.1 ready serving node=n2]"},
		},

		{
			"hints: the zone", `{"spec":{"trafficDistribution":"PreferSameZone"}}`, []string{"10.0.0.1"}, nil,
			[]string{"IPv4 http:8080/TCP [10.0.0.1 " + up + " hints=[{z1}][]]"},
		},
		{
			"hints: the zone under its old name", `{"spec":{"trafficDistribution":"PreferClose"}}`, []string{"10.0.0.1"}, nil,
			[]string{"IPv4 http:8080/TCP [10.0.0.1 " + up + " hints=[{z1}][]]"},
		},
		{
			"hints: node and zone", `{"spec":{"trafficDistribution":"PreferSameNode"}}`, []string{"10.0.0.1"}, nil,
			[]string{"IPv4 http:8080/TCP [10.0.0.1 " + up + " hints=[{z1}][{n1}]]"},
		},
		{
			"hints: none for what is not ready", `{"spec":{"trafficDistribution":"PreferSameNode"}}`, []string{"10.0.0.1"},
			[]string{`{"status":{"conditions":[]}}`}, []string{"IPv4 http:8080/TCP [10.0.0.1 node=n1 zone=z1]"},
		},
		{
			"hints: the annotation has precedence", `{"metadata":{"annotations":{"service.kubernetes.io/topology-mode":"Auto"}},"spec":{"trafficDistribution":"PreferClose"}}`,
			[]string{"10.0.0.1"}, nil, []string{one},
		},
	} {
		t.Run(c.reason, func(t *testing.T) {
			w := newWorld(t, service)
			w.Patch("Service", webKey, c.service)
			for i, ips := range c.pods {
				p := w.Add(pod(string(rune('a'+i)), ips))
				if i < len(c.patches) {
					w.Patch("Pod", p.Key(), c.patches[i])
				}
			}
			_ = w.Settle() // fails where a node is missing; the slices say what was done
			w.want(c.want...)
		})
	}
}
