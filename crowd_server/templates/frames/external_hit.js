"use strict";
// Fills the field `assignmentId` from the address and, in a preview, disables the submit button.
function turkSetAssignmentID() {
  const id = new URLSearchParams(location.search).get("assignmentId") || "";
  const field = document.getElementById("assignmentId");
  if (field) field.value = id;
  const button = document.getElementById("submitButton");
  if (button && id === "ASSIGNMENT_ID_NOT_AVAILABLE") {
    button.disabled = true;
    button.value = button.textContent = "Accept the HIT to submit";
  }
}
