/*
 * The fields of a patient as the core compares them: what a form shows in several lines may be one field.
 *
 * Invariant: a blank line is the same as none.
 */
package org.mso.state.patients

import org.mso.core.PatientField
import org.mso.core.PatientFields

/** The fields in which two forms differ. */
internal fun differences(one: PatientFields, other: PatientFields): Set<PatientField> =
    PatientField.entries.filter { one.value(it) != other.value(it) }.toSet()

/** The content of a field, to be compared only. */
internal fun PatientFields.value(field: PatientField): Any? = when (field) {
    PatientField.IDENTIFIERS ->
        identifiers.map { it.copy(validTo = it.validTo.given()) } to noIdentifierReason.given()
    PatientField.NAME ->
        Triple(familyName, givenName.given(), otherNames.map { it.copy(givenName = it.givenName.given()) })
    PatientField.BIRTH_DATE -> birthDate to birthDateEstimated
    PatientField.SEX -> sex
    PatientField.NATIONALITY -> nationality.given()
    PatientField.COUNTRY -> country.given()
    PatientField.PHONE -> phone.given()
    PatientField.EMAIL -> email.given()
    PatientField.ADDRESS -> Triple(addressLines, city.given(), addressCountry.given())
    PatientField.PREFERRED_LANGUAGE -> preferredLanguage.given()
    PatientField.GUARDIAN -> Triple(guardianName.given(), guardianRelation.given(), guardianPhone.given())
}

/** The same form with another one's content of a field. */
internal fun PatientFields.taking(field: PatientField, from: PatientFields): PatientFields = when (field) {
    PatientField.IDENTIFIERS -> copy(identifiers = from.identifiers, noIdentifierReason = from.noIdentifierReason)
    PatientField.NAME ->
        copy(familyName = from.familyName, givenName = from.givenName, otherNames = from.otherNames)
    PatientField.BIRTH_DATE -> copy(birthDate = from.birthDate, birthDateEstimated = from.birthDateEstimated)
    PatientField.SEX -> copy(sex = from.sex)
    PatientField.NATIONALITY -> copy(nationality = from.nationality)
    PatientField.COUNTRY -> copy(country = from.country)
    PatientField.PHONE -> copy(phone = from.phone)
    PatientField.EMAIL -> copy(email = from.email)
    PatientField.ADDRESS ->
        copy(addressLines = from.addressLines, city = from.city, addressCountry = from.addressCountry)
    PatientField.PREFERRED_LANGUAGE -> copy(preferredLanguage = from.preferredLanguage)
    PatientField.GUARDIAN -> copy(
        guardianName = from.guardianName,
        guardianRelation = from.guardianRelation,
        guardianPhone = from.guardianPhone,
    )
}

private fun String?.given(): String? = this?.takeIf { it.isNotBlank() }
