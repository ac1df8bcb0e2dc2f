// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// request is what the audit log says of one.
type request struct {
	Verb        string
	User        struct{ Username string }
	URI         string             `json:"requestURI"`
	Response    struct{ Code int } `json:"responseStatus"`
	Annotations map[string]string
}

// forbidden reports whether the request was refused for want of rights, and not
// for a quota for example.
func (r *request) forbidden() bool { return r.Annotations["authorization.k8s.io/decision"] == "forbid" }

// writers are the accounts of the controllers that the tests make write. Those
// of kube-controller-manager are named as there.
var writers = []string{
	"deployment-controller", "endpoint-controller", "endpointslice-controller", "generic-garbage-collector", "kube-scheduler",
	"namespace-controller", "node-controller", "replicaset-controller", "resourcequota-controller", "root-ca-cert-publisher",
	"service-account-controller", "service-controller",
}

// dropUpstreamsRights takes away the rights that the API server gives to
// accounts of these names by itself. What is left is what the command rbac printed.
func dropUpstreamsRights(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(cluster.Plane.RESTConfig())
	if err != nil {
		return err
	}
	bindings := client.RbacV1().ClusterRoleBindings()
	list, err := bindings.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range list.Items {
		if name := list.Items[i].Name; strings.HasPrefix(name, "system:controller:") {
			err = errors.Join(err, bindings.Delete(ctx, name, metav1.DeleteOptions{}))
		}
	}
	return err
}

// checkAudit says what the host and its controllers were forbidden, and which
// controller wrote nothing under its own name although all tests have run.
func checkAudit(file string, all bool) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var problems []error
	wrote := map[string]bool{}
	for line := range bytes.Lines(content) {
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		account, ours := strings.CutPrefix(r.User.Username, "system:serviceaccount:kube-system:")
		switch {
		case !ours:
		case r.forbidden():
			problems = append(problems, fmt.Errorf("%s was forbidden to %s %s", account, r.Verb, r.URI))
		case r.Response.Code < http.StatusMultipleChoices && !slices.Contains([]string{"get", "list", "watch"}, r.Verb):
			wrote[account] = true
		}
	}
	for _, account := range writers {
		if all && !wrote[account] {
			problems = append(problems, fmt.Errorf("%s wrote nothing", account))
		}
	}
	return errors.Join(problems...)
}
