"""What pydantic 2 offers under which names, and what of it pydantic 1.10 does not have."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The names in a list that is written as text."""
    return frozenset(text.split())


# The packages that come with pydantic 2 and not with pydantic 1.
ONLY_WITH_2 = frozenset({"pydantic_core", "pydantic_extra_types", "pydantic_settings"})

# What the `pydantic` of 2 exports and that of 1.10 does not.
_LACKING = words("""
    AfterValidator AliasChoices AliasGenerator AliasPath AllowInfNan AnyWebsocketUrl AwareDatetime
    Base64Bytes Base64Encoder Base64Str Base64UrlBytes Base64UrlStr BeforeValidator ClickHouseDsn
    Discriminator EncodedBytes EncodedStr EncoderProtocol FailFast FieldSerializationInfo
    FieldValidationInfo FtpUrl FutureDatetime GenerateSchema GetCoreSchemaHandler
    GetJsonSchemaHandler GetPydanticSchema ImportString InstanceOf JsonValue MISSING MariaDBDsn
    ModelWrapValidatorHandler MySQLDsn NaiveDatetime NatsDsn NewPath OnErrorOmit PastDatetime
    PlainSerializer PlainValidator PydanticDeprecatedSince20 PydanticDeprecatedSince26
    PydanticDeprecatedSince29 PydanticDeprecatedSince210 PydanticDeprecatedSince211
    PydanticDeprecatedSince212 PydanticDeprecatedSince214 PydanticDeprecationWarning
    PydanticErrorCodes PydanticExperimentalWarning PydanticForbiddenQualifier PydanticImportError
    PydanticInvalidForJsonSchema PydanticSchemaGenerationError PydanticUndefinedAnnotation
    PydanticUserError RootModel Secret SerializationInfo SerializeAsAny
    SerializerFunctionWrapHandler SkipValidation SnowflakeDsn SocketPath Strict StringConstraints
    Tag TypeAdapter UUID6 UUID7 UUID8 UrlConstraints ValidateAs ValidationInfo
    ValidatorFunctionWrapHandler WebsocketUrl WithJsonSchema WrapSerializer WrapValidator
    computed_field field_serializer field_validator model_serializer model_validator validate_call
    with_config
    """)
_MODULES_OF_1 = words("""
    annotated_types class_validators color config dataclasses datetime_parse decorator env_settings
    error_wrappers errors fields generics json main mypy networks parse schema tools types typing
    utils v1 validators version
    """)
# Modules of pydantic 2 whose names are those that `pydantic` exports.
_EXPORTED_FROM = words("""
    aliases annotated_handlers config dataclasses errors fields functional_serializers
    functional_validators json_schema main networks root_model type_adapter types
    validate_call_decorator warnings
    """)
_EXPORTED = _LACKING | words("""
    AmqpDsn AnyHttpUrl AnyUrl BaseModel ByteSize CockroachDsn ConfigDict DirectoryPath EmailStr
    Field FilePath FileUrl FiniteFloat FutureDate HttpUrl IPvAnyAddress IPvAnyInterface
    IPvAnyNetwork Json KafkaDsn MongoDsn NameEmail NegativeFloat NegativeInt NonNegativeFloat
    NonNegativeInt NonPositiveFloat NonPositiveInt PastDate PaymentCardNumber PositiveFloat
    PositiveInt PostgresDsn PrivateAttr RedisDsn SecretBytes SecretStr StrictBool StrictBytes
    StrictFloat StrictInt StrictStr UUID1 UUID3 UUID4 UUID5 ValidationError conbytes condate
    condecimal confloat confrozenset conint conlist conset constr create_model validate_email
    """)
_CORE_EXPORTED = frozenset(
    {"ValidationInfo", "FieldValidationInfo", "SerializationInfo", "FieldSerializationInfo"}
)

_OF_TYPING = words(
    """
    Annotated Any ClassVar Dict FrozenSet Generic Iterable Iterator List Literal Mapping Optional
    Self Sequence Set Tuple Type TypeVar Union
    """
)

# Names that only moved: the same thing, somewhere else.
MOVED = {
    "pydantic_settings.BaseSettings": "pydantic.BaseSettings",
    "pydantic_core.ValidationError": "pydantic.ValidationError",
    "pydantic_core.PydanticUndefined": "pydantic.fields.Undefined",
    "pydantic.ImportString": "pydantic.PyObject",
    "pydantic.alias_generators.to_camel": "pydantic.utils.to_lower_camel",
    "pydantic.alias_generators.to_pascal": "pydantic.utils.to_camel",
}


def canonical(name: str) -> str:
    """The one name for what several modules offer: ``pydantic.main.BaseModel`` is pydantic's."""
    package, *modules, last = name.split(".")
    if package == "typing_extensions":
        return f"typing.{last}" if not modules else name
    if package == "pydantic_settings" and len(modules) == 1:
        return f"{package}.{last}"
    if name == "pydantic.fields.PydanticUndefined":
        return "pydantic_core.PydanticUndefined"
    if package == "pydantic" and len(modules) == 1 and modules[0] in _EXPORTED_FROM:
        return f"{package}.{last}" if last in _EXPORTED else name
    if package == "pydantic_core" and modules == ["core_schema"] and last in _CORE_EXPORTED:
        return f"pydantic.{last}"
    return name


def missing_in_1(module: str, name: str) -> bool:
    """Whether ``from module import name`` works with pydantic 2 alone."""
    package, _, inside = module.partition(".")
    if package in ONLY_WITH_2:
        return True
    if package != "pydantic":
        return False
    if inside and inside.partition(".")[0] not in _MODULES_OF_1:
        return True
    return name in _LACKING


def is_pydantic(name: str) -> bool:
    """Whether a dotted name is one of pydantic 2 or of what comes with it (pydantic.v1 is not)."""
    package, _, inside = name.partition(".")
    if package == "pydantic":
        return inside.partition(".")[0] != "v1"
    return package in ONLY_WITH_2


def star_brings(module: str, name: str) -> bool:
    """Whether ``from module import *`` brings a name that is asked for here."""
    if module == "pydantic":
        return name in _EXPORTED
    if module == "pydantic_settings":
        return name in ("BaseSettings", "SettingsConfigDict")
    return module in ("typing", "typing_extensions") and name in _OF_TYPING
